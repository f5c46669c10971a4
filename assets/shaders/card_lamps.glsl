// The lamps of a card stand: rectangles of light near the card, and a dark surround. See renderers/card_lamps.py.
layout(std140, binding = 1) uniform Lamps {
    vec4 u_lamps[LAMPS * 5];          // place, size; both axes over their half sides, and facing, each with place on it; light
    vec4 u_lobes[LOBES * LAMPS * 2];  // radiance times the share of the lobe, and the sharpness along both sides
};
uniform vec3 u_above;  // the surround's radiance
uniform vec3 u_below;
uniform vec3 u_up;     // the world's upright in the axes of the face

struct Lit {
    vec3 towards;  // the lamp, unit
    float near;    // one over the squared distance to it
};

Lit lamp_at(int i, vec3 p) {
    vec3 to = u_lamps[5 * i].xyz - p;
    float near = inversesqrt(dot(to, to));
    return Lit(to * near, near * near);
}

vec3 lamp_light(int i, Lit lit) { return u_lamps[5 * i + 4].rgb * lit.near; }
float lamp_size(int i) { return u_lamps[5 * i].w; }

vec3 surround(vec3 r) { return mix(u_below, u_above, clamp(0.5 + 0.5 * dot(r, u_up), 0.0, 1.0)); }

// What a rough mirror sends to the eye when its middle looks along r from p. Of each lamp's image the lobe keeps a
// share that stands in u_lobes; outside of the image it falls off as GGX does, by the distance to the image.
vec3 mirrored(int lobe, vec3 p, vec3 r) {
    vec3 sum = surround(r);
    for (int i = 0; i < LAMPS; ++i) {
        vec4 across = u_lamps[5 * i + 1], along = u_lamps[5 * i + 2], facing = u_lamps[5 * i + 3];
        float t = (facing.w - dot(p, facing.xyz)) / min(dot(r, facing.xyz), -1e-3);
        vec3 at = p + r * t;
        vec4 bright = u_lobes[2 * (lobe * LAMPS + i)];
        vec2 beside = max(abs(vec2(dot(at, across.xyz) - across.w, dot(at, along.xyz) - along.w)) - 1.0, 0.0);
        beside *= vec2(bright.a, u_lobes[2 * (lobe * LAMPS + i) + 1].x);
        float fall = 1.0 / (1.0 + dot(beside, beside));
        sum += bright.rgb * (fall * fall);
    }
    return sum;
}
