// What a see-through surface holds back of the key: moments of how far it is before the map's end, of which the
// greatest are kept, a 1 where it is, and in the alpha the share that it lets through, which multiply up.
#include "alpha.glsl"
uniform vec3 u_veil;  // least alpha of the surface, least alpha that is drawn as solid, share that an alpha of 1 holds back
in float v_depth;
out vec4 f_veil;
void main() {
    float a = alpha();
    if (a < u_veil.x || a >= u_veil.y) discard;
    float dx = dFdx(v_depth), dy = dFdy(v_depth);
    float before = 1.0 - v_depth;
    float square = before * before + 0.25 * min(dx * dx + dy * dy, 1e-3);
    f_veil = vec4(before, square, 1.0, 1.0 - min(a, 1.0) * u_veil.z);
}
