// Samples to pixels: the mean of GRID x GRID texels, top row first.
uniform sampler2D u_samples;
uniform ivec2 u_size;     // pixels of the resolved rectangle
uniform ivec2 u_origin;   // its corner in the target
uniform float u_weight;
#ifdef EDGES
uniform sampler2D u_edges;  // what is no edge gets no more samples: these count for all
#endif
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) - u_origin;
    p.y = u_size.y - 1 - p.y;
    vec4 sum = vec4(0.0);
    for (int y = 0; y < GRID; ++y)
        for (int x = 0; x < GRID; ++x)
            sum += texelFetch(u_samples, p * GRID + ivec2(x, y), 0);
    float weight = u_weight;
#ifdef EDGES
    if (texelFetch(u_edges, p, 0).r < 0.5) weight = 1.0;
#endif
    f_colour = sum * (weight / float(GRID * GRID));
}
