// 1 where a pixel's GRID x GRID samples and those next to its corners differ so much that few of them may miss what
// many would see, else 0; the samples' own order of rows.
uniform sampler2D u_samples;
uniform float u_contrast;  // code values 0..1
out vec4 f_edge;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) * GRID;
    ivec2 most = textureSize(u_samples, 0) - 1;
    vec4 low = texelFetch(u_samples, p, 0), high = low;
    for (int i = 1; i < GRID * GRID; ++i) {
        vec4 c = texelFetch(u_samples, p + ivec2(i % GRID, i / GRID), 0);
        low = min(low, c);
        high = max(high, c);
    }
    for (int i = 0; i < 4; ++i) {
        vec4 c = texelFetch(u_samples, clamp(p + ivec2(i & 1, i >> 1) * (GRID + 1) - 1, ivec2(0), most), 0);
        low = min(low, c);
        high = max(high, c);
    }
    f_edge = vec4(any(greaterThan(high - low, vec4(u_contrast))) ? 1.0 : 0.0);
}
