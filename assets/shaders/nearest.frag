// The nearest depth among neighbours in one direction; HALVED: of four texels of an upside-down source.
uniform sampler2D u_source;
uniform ivec2 u_last;
uniform ivec2 u_step;
uniform int u_taps;
out float f_depth;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    float nearest = 1.0;
#ifdef HALVED
    p = 2 * ivec2(p.x, u_last.y - p.y);
    for (int i = 0; i < 4; ++i) nearest = min(nearest, texelFetch(u_source, p + ivec2(i & 1, i >> 1), 0).r);
#else
    for (int i = -u_taps; i <= u_taps; ++i)
        nearest = min(nearest, texelFetch(u_source, clamp(p + i * u_step, ivec2(0), u_last), 0).r);
#endif
    f_depth = nearest;
}
