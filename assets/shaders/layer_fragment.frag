// A whole layer, of one opacity, becomes one fragment of each sample's list, at its nearest surface. With EFFECT it
// is a layer's shadow or glow: its own colour, where the layer itself is not, and never before it.
#include "fragments.glsl"
uniform sampler2D u_layer;
uniform sampler2D u_depth;
uniform float u_opacity;
#ifdef TESTED
uniform sampler2D u_solid;  // depth of what hides the layer
#endif
#ifdef EFFECT
uniform sampler2D u_soft;
uniform sampler2D u_near;
uniform vec4 u_place;       // sample to texel of the map: factors, summands
uniform vec3 u_tint;
uniform float u_gain;
#endif
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec4 c = texelFetch(u_layer, p, 0);
    float depth = texelFetch(u_depth, p, 0).r;
    f_colour = vec4(0.0);
#ifdef EFFECT
    vec2 at = gl_FragCoord.xy * u_place.xy + u_place.zw;
    float near = texelFetch(u_near, ivec2(floor(at)), 0).r;
    float share = min(texture(u_soft, at / vec2(textureSize(u_soft, 0))).a * u_gain, 1.0) * (1.0 - c.a);
    depth = c.a > 0.0 ? max(near, depth) : near;
    c = vec4(u_tint, 1.0) * share;
#endif
#ifdef TESTED
    if (depth > texelFetch(u_solid, p, 0).r) return;
#endif
    collect_at(uvec2(p), depth, c * u_opacity);
}
