// Depth and its square, with the share of a slope inside one texel added to the variance.
in float v_depth;
out vec2 f_moments;
#ifdef CUT
in vec2 v_uv;
uniform sampler2D u_base_map;
uniform vec2 u_cut;  // factor of the alpha; what is below is no surface
#endif
void main() {
#ifdef CUT
    if (texture(u_base_map, v_uv).a * u_cut.x < u_cut.y) discard;
#endif
    float dx = dFdx(v_depth), dy = dFdy(v_depth);
    f_moments = vec2(v_depth, v_depth * v_depth + 0.25 * min(dx * dx + dy * dy, 1e-3));
}
