uniform mat4 u_clip;
uniform vec4 u_area;
uniform float u_level;
out vec2 v_uv;
void main() {
    v_uv = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = u_clip * vec4(u_area.x + v_uv.x * u_area.z, u_level, u_area.y + v_uv.y * u_area.w, 1.0);
}
