// The shadow as a black veil over whatever is behind, in the picture's own code values.
uniform sampler2D u_key;      // what the key loses, in world axes
uniform sampler2D u_contact;  // what the surround loses, in the design's axes
uniform mat3x2 u_to_contact;
uniform vec2 u_strength;      // of the key's and of the surround's share
in vec2 v_uv;
out vec4 f_colour;
void main() {
    vec2 c = v_uv * 2.0 - 1.0;
    float edge = smoothstep(1.0, 0.35, length(c));
    float key = texture(u_key, v_uv).r * u_strength.x * edge;
    float near = texture(u_contact, u_to_contact * vec3(v_uv, 1.0)).r * u_strength.y;
    f_colour = vec4(0.0, 0.0, 0.0, 1.0 - (1.0 - key) * (1.0 - near));
}
