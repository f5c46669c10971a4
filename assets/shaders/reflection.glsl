// How strongly, and in which colour, what is no metal reflects (KHR_materials_specular, KHR_materials_ior).
uniform vec4 u_reflection;  // linear RGB of F0 by the index of refraction; w: weight
#ifdef REFLECTION_MAP
uniform sampler2D u_reflection_map;
#endif
#ifdef REFLECTION_COLOR_MAP
uniform sampler2D u_reflection_color_map;
#endif

// RGB: F0. A: F90.
vec4 reflection() {
    vec4 f = u_reflection;
#ifdef REFLECTION_MAP
    f.w *= READ(u_reflection_map, REFLECTION_MAP, REFLECTION_MIRROR).a;
#endif
#ifdef REFLECTION_COLOR_MAP
    f.rgb *= READ(u_reflection_color_map, REFLECTION_COLOR_MAP, REFLECTION_COLOR_MIRROR).rgb;
#endif
    return vec4(min(f.rgb, vec3(1.0)) * f.w, f.w);
}
