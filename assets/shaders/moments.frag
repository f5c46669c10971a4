// Depth and its square, with the share of a slope inside one texel added to the variance.
#ifdef ALPHA
#include "alpha.glsl"
uniform float u_least;  // alpha under which there is no surface
#endif
in float v_depth;
out vec2 f_moments;
void main() {
#ifdef ALPHA
    if (alpha() < u_least) discard;
#endif
    float dx = dFdx(v_depth), dy = dFdy(v_depth);
    f_moments = vec2(v_depth, v_depth * v_depth + 0.25 * min(dx * dx + dy * dy, 1e-3));
}
