// The lamps of a card stand: rectangles of light near the card, and a dark surround.
layout(std140, binding = 1) uniform Lamps { vec4 u_lamps[LAMPS * 4]; };  // place, half width; axis across, half height; axis along; radiance
uniform vec3 u_above;             // the surround's radiance
uniform vec3 u_below;
uniform vec3 u_up;                // the world's upright in the axes of the face

struct Lit {
    vec3 towards;  // the lamp, unit
    vec3 light;    // what a white matt face there gives back, were it turned to the lamp
    float size;    // standard deviation of the lamp's directions
};

Lit lamp_at(int i, vec3 p) {
    vec4 place = u_lamps[4 * i], across = u_lamps[4 * i + 1];
    vec3 to = place.xyz - p;
    float near = inversesqrt(dot(to, to));
    vec3 l = to * near;
    vec3 facing = cross(across.xyz, u_lamps[4 * i + 2].xyz);
    float solid = 4.0 * place.w * across.w * near * near * abs(dot(facing, l));
    return Lit(l, u_lamps[4 * i + 3].rgb * (solid / 3.14159265), 0.29 * sqrt(solid));
}

vec3 surround(vec3 r) { return mix(u_below, u_above, clamp(0.5 + 0.5 * dot(r, u_up), 0.0, 1.0)); }

// What a GGX mirror of normal n sends back from lamp i: the share of its lobe that the lamp fills. Inside the lamp's
// own image that is the product of the lobe's shares along both sides (its marginal is x / sqrt(1 + x^2)); outside it
// falls off as GGX does with the distance to the image.
vec3 mirrored(int i, vec3 p, vec3 r, float alpha) {
    vec4 place = u_lamps[4 * i], across = u_lamps[4 * i + 1];
    vec3 along = u_lamps[4 * i + 2].xyz, facing = cross(across.xyz, along);
    vec3 to = place.xyz - p;
    float ahead = dot(to, facing), speed = dot(r, facing);
    float far = length(to);
    float t = ahead * speed > 0.0 ? min(ahead / speed, 8.0 * far) : 8.0 * far;
    vec3 away = r * t - to;
    vec2 at = abs(vec2(dot(away, across.xyz), dot(away, along)));
    vec2 half_ = vec2(place.w, across.w);
    float wide = 2.0 * alpha * t + 1e-3;
    vec2 full = half_ * inversesqrt(half_ * half_ + wide * wide);
    vec2 beside = max(at - half_, 0.0) / wide;
    float fall = 1.0 / (1.0 + dot(beside, beside));
    return u_lamps[4 * i + 3].rgb * (full.x * full.y * fall * fall);
}
