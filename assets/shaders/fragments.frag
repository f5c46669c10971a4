// Sorts a sample's list and lays it over what is behind, from the back. Exact for any length: the SOME farthest that
// are left are taken in one round. Equal keys have equal colours, so that no order of submission shows.
#include "blend.glsl"
#include "fragments.glsl"
#define SOME 16
#ifdef BLENDED
uniform sampler2D u_behind;
#endif
out vec4 f_colour;

bool nearer(uvec4 a, uvec4 b) {  // depth, rank, colour, node; depths are not negative, so their bits are in order
    if (a.x != b.x) return a.x < b.x;
    if (a.y != b.y) return a.y > b.y;
    if (a.z != b.z) return a.z < b.z;
    return a.w < b.w;
}

void main() {
    uint at = uint(gl_FragCoord.y) * u_list.x + uint(gl_FragCoord.x);
    uint first = heads[at];
#ifdef BLENDED
    vec4 colour = texelFetch(u_behind, ivec2(gl_FragCoord.xy), 0);
#else
    if (first == 0u) discard;
    vec4 colour = vec4(0.0);
#endif
    heads[at] = 0u;  // empty for the next time
    uvec4 last = uvec4(0xffffffffu);
    uint nearest = 0x3f800000u;
    bool more = first != 0u;
    while (more) {
        uvec4 farthest[SOME];  // the farthest first
        int count = 0;
        more = false;
        for (uint node = first; node != 0u;) {
            uvec4 n = nodes[node];
            uvec4 key = uvec4(n.y, n.w, n.z, node);
            node = n.x;
            if (!nearer(key, last)) continue;
            if (count == SOME) {
                more = true;
                if (nearer(key, farthest[SOME - 1])) continue;
                --count;
            }
            for (int i = 0; i < count; ++i) {
                if (nearer(farthest[i], key)) {
                    uvec4 kept = farthest[i];
                    farthest[i] = key;
                    key = kept;
                }
            }
            farthest[count++] = key;
        }
        for (int i = 0; i < count; ++i) {
            vec4 c = unpackUnorm4x8(farthest[i].z);
            colour = over(colour, c.rgb, c.a, farthest[i].y & 7u);
        }
        last = farthest[max(count - 1, 0)];
        nearest = last.x;
    }
#ifdef DEPTH
    gl_FragDepth = uintBitsToFloat(nearest);
#endif
    f_colour = colour;
}
