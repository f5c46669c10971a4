// The lamps' light as the card's pixels need it.

struct Lit {
    vec3 towards;  // the lamp, unit
    float near;    // one over the squared distance to it
};

Lit lamp_at(int i, vec3 p) {
    vec3 to = u_lamps[5 * i].xyz - p;
    float near = inversesqrt(dot(to, to));
    return Lit(to * near, near * near);
}

uniform vec3 u_diffuse[6];  // what a white matt face gives back, as a polynomial in shares of the half sides
uniform vec3 u_beside[4];   // what white walls give back that look right, up, left and down

vec3 diffuse_light(vec2 share) {
    share = clamp(share, -1.0, 1.0);
    vec3 sum = u_diffuse[0] + share.x * (u_diffuse[1] + share.x * u_diffuse[3] + share.y * u_diffuse[4])
               + share.y * (u_diffuse[2] + share.y * u_diffuse[5]);
    return max(sum, 0.0);
}

vec3 wall_light(vec2 n) {
    vec2 right = max(n, 0.0), left = max(-n, 0.0);
    right *= right;
    left *= left;
    return u_beside[0] * right.x + u_beside[1] * right.y + u_beside[2] * left.x + u_beside[3] * left.y;
}

// What the lobes mirror, a table each side by side: see renderers/card_mirrors.py.
uniform sampler2D u_mirrors;
uniform vec2 u_reach[LOBES];  // half width and height of a table's part of the plane
uniform mat2 u_shift;         // mm by a slope

// What a mirror of some slope sends to the eye: what a level one sends some way off.
vec3 mirror(const int lobe, vec2 mm, vec2 slope) {
    vec2 at = clamp((mm - u_shift * slope) / u_reach[lobe], -1.0, 1.0) * (0.5 - 0.5 / SIDE) + 0.5;
    return textureLod(u_mirrors, vec2((at.x + float(lobe)) / float(LOBES), at.y), 0.0).rgb;
}
