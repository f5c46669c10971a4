// One triangle over the whole viewport; v_uv is 0..1 over it.
out vec2 v_uv;
void main() {
    vec2 p = vec2(float((gl_VertexID & 1) << 2), float((gl_VertexID & 2) << 1));
    v_uv = p * 0.5;
    gl_Position = vec4(p - 1.0, 0.0, 1.0);
}
