// One direction of a Gaussian over premultiplied colours, cut off after three standard deviations.
uniform sampler2D u_source;
uniform ivec2 u_last;
uniform ivec2 u_step;
uniform float u_sigma;  // texels
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    int taps = int(ceil(3.0 * u_sigma));
    vec4 sum = vec4(0.0);
    float total = 0.0;
    for (int i = -taps; i <= taps; ++i) {
        float w = exp(-0.5 * float(i * i) / (u_sigma * u_sigma));
        sum += w * texelFetch(u_source, clamp(p + i * u_step, ivec2(0), u_last), 0);
        total += w;
    }
    f_colour = sum / total;
}
