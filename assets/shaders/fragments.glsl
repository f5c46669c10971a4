// The surfaces that let light through, as one list for each sample (Yang et al., "Real-Time Concurrent Linked
// List Construction on the GPU", 2010), in whatever order they come; fragments.frag sorts them.

layout(std430, binding = 1) buffer Heads { uint heads[]; };  // 0: empty, else the number of a node
layout(std430, binding = 2) buffer Nodes {
    uint made;        // how many were wanted; may be more than there is room for
    uint unused[3];
    uvec4 nodes[];    // the next node; depth as bits; RGBA, straight, 8 bits each; rank and blend mode
};
uniform uvec4 u_list;  // texels of a row; room for nodes; rank and blend mode of this draw; unused

void collect_at(uvec2 at, float depth, vec4 premultiplied) {
    if (premultiplied.a < 0.002) return;
    uint node = atomicAdd(made, 1u) + 1u;
    if (node >= u_list.y) return;
    uint colour = packUnorm4x8(vec4(premultiplied.rgb / premultiplied.a, premultiplied.a));
    uint next = atomicExchange(heads[at.y * u_list.x + at.x], node);
    nodes[node] = uvec4(next, floatBitsToUint(depth), colour, u_list.z);
}

void collect(vec4 premultiplied) {
    collect_at(uvec2(gl_FragCoord.xy), gl_FragCoord.z, premultiplied);
}
