// A Gaussian over the depths that are known, one direction after the other: steps of the nearest depths would show where
// an effect meets what it falls on. Depths of 1 are none.
uniform sampler2D u_source;
uniform ivec2 u_last;
uniform float u_sigma;  // texels
#ifdef ACROSS
out vec2 f_sum;   // weighted depths and weights
#else
out float f_depth;
#endif
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    int taps = int(ceil(3.0 * u_sigma));
    vec2 sum = vec2(0.0);
    for (int i = -taps; i <= taps; ++i) {
        float w = exp(-0.5 * float(i * i) / (u_sigma * u_sigma));
#ifdef ACROSS
        float depth = texelFetch(u_source, clamp(p + ivec2(i, 0), ivec2(0), u_last), 0).r;
        if (depth < 1.0) sum += w * vec2(depth, 1.0);
#else
        sum += w * texelFetch(u_source, clamp(p + ivec2(0, i), ivec2(0), u_last), 0).rg;
#endif
    }
#ifdef ACROSS
    f_sum = sum;
#else
    f_depth = sum.y > 0.0 ? sum.x / sum.y : 1.0;
#endif
}
