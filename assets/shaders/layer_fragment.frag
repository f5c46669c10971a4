// A whole layer, of one opacity, becomes one fragment of each sample's list, at its nearest surface. With CASTS it is
// what the layer throws about itself, the last over the first: where the layer is not, and never before it, nor (COVERED)
// before layers that are worn over it.
#include "fragments.glsl"
uniform sampler2D u_layer;
uniform sampler2D u_depth;
uniform float u_opacity;
#ifdef TESTED
uniform sampler2D u_solid;  // depth of what hides the layer
#endif
#ifdef COVERED
uniform sampler2D u_cover;  // how far the layers are that are worn over this one; 0: not there
#endif
#ifdef CASTS
uniform sampler2D u_soft[CASTS];
uniform sampler2D u_near[CASTS];
uniform vec4 u_place[CASTS];  // sample to texel of the map: factors, summands
uniform vec4 u_tint[CASTS];   // colour; how much of it
uniform float u_gain[CASTS];
#endif
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec4 c = texelFetch(u_layer, p, 0);
    float depth = texelFetch(u_depth, p, 0).r;
    f_colour = vec4(0.0);
#ifdef CASTS
    vec4 thrown = vec4(0.0);
    float near = 1.0;
    for (int i = 0; i < CASTS; ++i) {
        vec2 at = (gl_FragCoord.xy * u_place[i].xy + u_place[i].zw) / vec2(textureSize(u_soft[i], 0));
        vec2 there = (gl_FragCoord.xy * u_place[i].xy + u_place[i].zw) / vec2(textureSize(u_near[i], 0));
        near = min(near, texture(u_near[i], there).r);
        float share = min(texture(u_soft[i], at).a * u_gain[i], 1.0) * u_tint[i].a;
        thrown = vec4(u_tint[i].rgb, 1.0) * share + (1.0 - share) * thrown;
    }
    depth = c.a > 0.0 ? max(near, depth) : near;
    c = thrown * (1.0 - c.a);
#endif
#ifdef COVERED
    depth = max(depth, texelFetch(u_cover, p, 0).r);
#endif
#ifdef TESTED
    if (depth > texelFetch(u_solid, p, 0).r) return;
#endif
    collect_at(uvec2(p), depth, c * u_opacity);
}
