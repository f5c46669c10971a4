// What one lobe mirrors of the lamps, over the face's plane and some way beyond: see renderers/card_mirrors.py.
#include "card_lamps.glsl"
uniform vec3 u_eye;
uniform vec3 u_face;   // half width and height of the plane's part, and its height
uniform int u_lobe;
uniform int u_count;   // of the lamps that it mirrors
in vec2 v_uv;
out vec4 f_colour;
void main() {
    vec2 share = (v_uv * SIDE - 0.5) / (SIDE - 1.0);  // the outer texels' middles lie on the border
    vec3 p = vec3((2.0 * share - 1.0) * u_face.xy, u_face.z);
    vec3 v = normalize(u_eye - p);
    f_colour = vec4(mirrored(u_lobe, u_count, p, vec3(-v.xy, v.z)), 1.0);
}
