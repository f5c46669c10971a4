// The background: sRGB code values, untouched, rounded per row like any other drawing program does.
uniform vec4 u_top;
uniform vec4 u_bottom;
uniform vec3 u_rows;  // first row of the tile, its rows, the picture's rows less one
in vec2 v_uv;
out vec4 f_colour;
void main() {
    float row = u_rows.x + floor(v_uv.y * u_rows.y);
    f_colour = mix(u_top, u_bottom, u_rows.z > 0.0 ? row / u_rows.z : 0.0);
}
