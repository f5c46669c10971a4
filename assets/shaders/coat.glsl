// A clear varnish over everything else (KHR_materials_clearcoat), with an index of refraction of 1.5.
uniform vec3 u_coat;  // share, roughness, normal scale
#ifdef COAT_MAP
uniform sampler2D u_coat_map;
#endif
#ifdef COAT_ROUGH_MAP
uniform sampler2D u_coat_rough_map;
#endif
#ifdef COAT_NORMAL_MAP
uniform sampler2D u_coat_normal_map;
#endif

// RGB: what the varnish reflects. A: what it keeps from all that lies under it. ``n`` is the mesh's own normal.
vec4 coat(vec3 n, vec3 v, float occlusion, float visible) {
    float share = u_coat.x, roughness = u_coat.y;
#ifdef COAT_MAP
    share *= READ(u_coat_map, COAT_MAP, COAT_MIRROR).r;
#endif
#ifdef COAT_ROUGH_MAP
    roughness *= READ(u_coat_rough_map, COAT_ROUGH_MAP, COAT_ROUGH_MIRROR).g;
#endif
#ifdef COAT_NORMAL_MAP
    vec3 texel = READ(u_coat_normal_map, COAT_NORMAL_MAP, COAT_NORMAL_MIRROR).xyz;
    n = bent(frame(n, v_uv[COAT_NORMAL_MAP]), texel, u_coat.z);
#endif
    roughness = clamp(roughness, 0.04, 1.0);
    float nv = clamp(dot(n, v), 0.02, 1.0);
    vec2 dfg = split_sum(roughness, nv);
    float kept = share * (0.04 * dfg.x + dfg.y);
    vec3 r = reflect(-v, n);
    return vec4(gloss_light(r, roughness) * gloss_share(r, roughness, nv, occlusion, visible), 1.0) * kept;
}
