// The lamps of a card stand: rectangles of light near the card, and a dark surround. See renderers/card_lamps.py.
layout(std140, binding = 1) uniform Lamps {
    vec4 u_lamps[LAMPS * 5];          // see rows()
    vec4 u_lobes[LOBES * LAMPS * 2];  // see lobe_rows()
};
uniform vec3 u_above;  // the surround's radiance
uniform vec3 u_below;
uniform vec3 u_up;     // the world's upright in the axes of the face

vec3 surround(vec3 r) { return mix(u_below, u_above, clamp(0.5 + 0.5 * dot(r, u_up), 0.0, 1.0)); }

// What a rough mirror sends to the eye from the first ``count`` lamps when its middle looks along r from p. Of each
// lamp's image the lobe keeps a share that stands in u_lobes; from its border on, or from its middle if the lamp is
// round, it falls off as GGX does.
vec3 mirrored(const int lobe, const int count, vec3 p, vec3 r) {
    vec3 sum = surround(r);
    for (int i = 0; i < count; ++i) {
        vec4 across = u_lamps[5 * i + 1], along = u_lamps[5 * i + 2], facing = u_lamps[5 * i + 3];
        float t = (facing.w - dot(p, facing.xyz)) / min(dot(r, facing.xyz), -1e-3);
        vec3 at = p + r * t;
        vec4 bright = u_lobes[2 * (lobe * LAMPS + i)], shape = u_lobes[2 * (lobe * LAMPS + i) + 1];
        vec2 beside = max(abs(vec2(dot(at, across.xyz) - across.w, dot(at, along.xyz) - along.w)) - shape.y, 0.0);
        beside *= vec2(bright.a, shape.x);
        float fall = 1.0 / (1.0 + dot(beside, beside));
        sum += bright.rgb * (fall * fall);
    }
    return sum;
}
