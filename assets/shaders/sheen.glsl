// Cloth fibres over the surface (KHR_materials_sheen).
uniform vec4 u_sheen;  // linear RGB; w: roughness
#ifdef SHEEN_COLOR_MAP
uniform sampler2D u_sheen_color_map;
#endif
#ifdef SHEEN_ROUGH_MAP
uniform sampler2D u_sheen_rough_map;
#endif

// RGB: what of matt light the fibres send back. A: what they keep from the surface under them.
vec4 sheen(float nv) {
    vec4 fibre = u_sheen;
#ifdef SHEEN_COLOR_MAP
    fibre.rgb *= READ(u_sheen_color_map, SHEEN_COLOR_MAP, SHEEN_COLOR_MIRROR).rgb;
#endif
#ifdef SHEEN_ROUGH_MAP
    fibre.w *= READ(u_sheen_rough_map, SHEEN_ROUGH_MAP, SHEEN_ROUGH_MIRROR).a;
#endif
    // Directional albedo of the Charlie lobe, a fit of its table over roughness and angle (three.js, 2021).
    float s = clamp(fibre.w, 0.07, 1.0), s2 = s * s;
    float fa = s < 0.25 ? -339.2 * s2 + 161.4 * s - 25.9 : -8.48 * s2 + 14.3 * s - 9.95;
    float fb = s < 0.25 ? 44.0 * s2 - 23.7 * s + 3.26 : 1.97 * s2 - 3.27 * s + 0.72;
    float fuzz = clamp((exp(fa * nv + fb) + (s < 0.25 ? 0.0 : 0.1 * (s - 0.25))) * 0.31830989, 0.0, 1.0);
    return vec4(fibre.rgb, max(fibre.r, max(fibre.g, fibre.b))) * fuzz;
}
