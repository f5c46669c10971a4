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
    // Directional albedo of the Charlie lobe with its own shadowing (Estevez and Kulla 2017), fitted to the integral
    // over roughness and angle: within 0.02 in the mean.
    float s = clamp(fibre.w, 0.07, 1.0);
    vec4 power = vec4(1.0, s, s * s, s * s * s);
    float level = dot(power, vec4(1.2124, -8.4177, 13.6393, -6.6904));
    float slope = dot(power, vec4(-12.397, 25.0835, -15.2682, 0.9103));
    float bend = dot(power, vec4(-2.3547, 20.755, -39.9465, 21.6679));
    float fuzz = clamp(exp(level + slope * nv + bend * sqrt(nv)), 0.0, 1.0);
    return vec4(fibre.rgb, max(fibre.r, max(fibre.g, fibre.b))) * fuzz;
}
