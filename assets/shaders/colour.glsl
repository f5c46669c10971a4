// Scene-linear light to the picture's sRGB code values.

// The exact transfer function of IEC 61966-2-1.
vec3 srgb_encode(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, c * 12.92, lessThanEqual(c, vec3(0.0031308)));
}

vec3 srgb_decode(vec3 c) {
    return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(0.04045)));
}

#ifdef ACES
// The film look of the Academy Color Encoding System, as Hill's fit of its reference and output transforms (2017),
// with white at 1 / 0.6 as other viewers have it.
vec3 tone_map(vec3 c) {
    const mat3 to_film = mat3(0.59719, 0.07600, 0.02840, 0.35458, 0.90834, 0.13383, 0.04823, 0.01566, 0.83777);
    const mat3 to_screen = mat3(1.60475, -0.10208, -0.00327, -0.53108, 1.10813, -0.07276, -0.07367, -0.00605, 1.07602);
    c = to_film * (c / 0.6);
    c = (c * (c + 0.0245786) - 0.000090537) / (c * (0.983729 * c + 0.4329510) + 0.238081);
    return clamp(to_screen * c, 0.0, 1.0);
}
#else
// Khronos PBR Neutral tone mapper (Khronos, "PBR Neutral Tone Mapper specification", 2024): colours below the
// shoulder keep their hue and saturation, so a fabric's colour is the one that was asked for.
vec3 tone_map(vec3 c) {
    const float start = 0.8 - 0.04;
    const float desaturation = 0.15;
    float low = min(c.r, min(c.g, c.b));
    c -= low < 0.08 ? low - 6.25 * low * low : 0.04;
    float peak = max(c.r, max(c.g, c.b));
    if (peak < start) return c;
    const float d = 1.0 - start;
    float fresh = 1.0 - d * d / (peak + d - start);
    c *= fresh / peak;
    float g = 1.0 - 1.0 / (desaturation * (peak - fresh) + 1.0);
    return mix(c, vec3(fresh), g);
}
#endif
