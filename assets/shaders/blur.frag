// One direction of a Gaussian over a map.
uniform sampler2D u_source;
uniform vec2 u_step;
in vec2 v_uv;
out vec4 f_mean;
void main() {
    // Nine texels in five linear fetches.
    f_mean = texture(u_source, v_uv) * 0.2270270
        + (texture(u_source, v_uv + u_step * 1.3846154) + texture(u_source, v_uv - u_step * 1.3846154)) * 0.3162162
        + (texture(u_source, v_uv + u_step * 3.2307692) + texture(u_source, v_uv - u_step * 3.2307692)) * 0.0702703;
}
