// Scene-linear light to the picture's sRGB code values.

// The exact transfer function of IEC 61966-2-1.
vec3 srgb_encode(vec3 c) {
    c = clamp(c, 0.0, 1.0);
    return mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, c * 12.92, lessThanEqual(c, vec3(0.0031308)));
}

vec3 srgb_decode(vec3 c) {
    return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(0.04045)));
}

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
