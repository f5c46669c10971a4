// How far the nearest surface is, and whose it is.
in float v_distance;
out vec2 f_distance;
uniform float u_owner;
#ifdef CUT
in vec2 v_uv;
uniform sampler2D u_base_map;
uniform vec2 u_cut;  // factor of the alpha; what is below is no surface
#endif
void main() {
#ifdef CUT
    if (texture(u_base_map, v_uv).a * u_cut.x < u_cut.y) discard;
#endif
    f_distance = vec2(v_distance, u_owner);
}
