// The shadow that a card throws on a wall behind it, soft as its key is wide and the wall far; black in the alpha.
uniform vec4 u_slab;  // half width, half height, corner radius, half thickness
uniform vec4 u_tile;  // left, top, width, height in pixels
uniform vec3 u_eye;
uniform mat3 u_ray;
uniform vec3 u_key;    // the lamp's place
uniform mat3 u_world;  // the viewer's axes: right, up, towards the viewer
uniform vec4 u_wall;   // distance from the eye, from the card's middle; spread of the key's edge there; darkness
out vec4 f_colour;

float below(float x) { return 1.0 / (1.0 + exp2(-2.4554670 * x)); }  // the normal distribution within 0.01

void main() {
    vec3 q = u_eye + u_wall.x * (u_ray * vec3(1.0, gl_FragCoord.xy + u_tile.xy));
    vec3 to = u_key - q;
    float share = -q.z / to.z;  // of the way to the lamp, where it passes the card's plane
    vec2 p = q.xy + to.xy * share;
    float blur = u_wall.z * share * length(to) + 0.6;
    // How a step on the wall moves the place on the card.
    vec2 right = u_world[0].xy * (1.0 - share) - to.xy * (u_world[0].z * u_key.z / (to.z * to.z));
    vec2 up = u_world[1].xy * (1.0 - share) - to.xy * (u_world[1].z * u_key.z / (to.z * to.z));
    vec2 wide = max(sqrt(right * right + up * up) * blur, vec2(0.05));
    // Round corners, and the blur that rounds them more, leave less in the corner.
    vec2 inner = u_slab.xy - 0.1 * u_slab.z;
    vec2 side = vec2(below((inner.x - p.x) / wide.x) - below((-inner.x - p.x) / wide.x),
                     below((inner.y - p.y) / wide.y) - below((-inner.y - p.y) / wide.y));
    // A card that the lamp sees from the edge throws little more than a line.
    float seen = smoothstep(0.03, 0.3, abs(u_key.z) * inversesqrt(dot(u_key, u_key)));
    float between = smoothstep(0.0, 0.02, share) * (1.0 - step(1.0, share));
    f_colour = vec4(0.0, 0.0, 0.0, u_wall.w * side.x * side.y * seen * between);
}
