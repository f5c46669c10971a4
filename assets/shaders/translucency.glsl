// Matt light that comes through from behind, as through paper, chiffon and leaves (KHR_materials_diffuse_transmission).
uniform vec4 u_translucency;  // linear RGB; w: share
#ifdef TRANSLUCENCY_MAP
uniform sampler2D u_translucency_map;
#endif
#ifdef TRANSLUCENCY_COLOR_MAP
uniform sampler2D u_translucency_color_map;
#endif

// RGB: colour. A: share of the matt light that passes instead of coming back.
vec4 translucency() {
    vec4 t = u_translucency;
#ifdef TRANSLUCENCY_MAP
    t.w *= READ(u_translucency_map, TRANSLUCENCY_MAP, TRANSLUCENCY_MIRROR).a;
#endif
#ifdef TRANSLUCENCY_COLOR_MAP
    t.rgb *= READ(u_translucency_color_map, TRANSLUCENCY_COLOR_MAP, TRANSLUCENCY_COLOR_MIRROR).rgb;
#endif
    return t;
}

// What a white matt surface that faces away would send back. The key is asked for from the other side, where the
// surface does not stand in its own shadow.
vec3 matt_behind(vec3 n, vec3 smooth_n, float occlusion) {
    float lit = max(-dot(n, key_direction.xyz), 0.0);
    if (lit > 0.0 && key_direction.w > 0.0) lit *= key_visible(v_world, -smooth_n);
    return matt_light(-n) * occlusion + key_irradiance.rgb * lit;
}
