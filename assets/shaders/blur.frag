// One direction of a Gaussian over the moments.
uniform sampler2D u_source;
uniform vec2 u_step;
in vec2 v_uv;
out vec2 f_moments;
void main() {
    // Nine texels in five linear fetches.
    f_moments = texture(u_source, v_uv).rg * 0.2270270
        + (texture(u_source, v_uv + u_step * 1.3846154).rg + texture(u_source, v_uv - u_step * 1.3846154).rg) * 0.3162162
        + (texture(u_source, v_uv + u_step * 3.2307692).rg + texture(u_source, v_uv - u_step * 3.2307692).rg) * 0.0702703;
}
