// The far end of the depth where a pixel is an edge, the near one elsewhere, so that nothing is shaded there again.
uniform sampler2D u_edges;
out vec4 f_colour;
void main() {
    gl_FragDepth = texelFetch(u_edges, ivec2(gl_FragCoord.xy) / GRID, 0).r;
    f_colour = vec4(0.0);
}
