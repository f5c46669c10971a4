// A whole layer, of one opacity, becomes one fragment of each sample's list, at its nearest surface.
#include "fragments.glsl"
uniform sampler2D u_layer;
uniform sampler2D u_depth;
uniform float u_opacity;
out vec4 f_colour;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec4 c = texelFetch(u_layer, p, 0);
    f_colour = vec4(0.0);
    collect_at(uvec2(p), texelFetch(u_depth, p, 0).r, c * u_opacity);
}
