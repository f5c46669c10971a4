// The alpha of a surface, for passes that do not shade it.
uniform float u_alpha;  // of the base colour
#ifdef CUT
in vec2 v_uv;
uniform sampler2D u_base_map;
#endif
#ifdef COLOURS
in float v_alpha;
#endif

float alpha() {
    float a = u_alpha;
#ifdef CUT
    vec2 uv = v_uv;
    if ((CUT_MIRROR & 1) != 0) uv.x = abs(mod(uv.x - 1.0, 2.0) - 1.0);
    if ((CUT_MIRROR & 2) != 0) uv.y = abs(mod(uv.y - 1.0, 2.0) - 1.0);
    a *= texture(u_base_map, uv).a;
#endif
#ifdef COLOURS
    a *= v_alpha;
#endif
    return a;
}
