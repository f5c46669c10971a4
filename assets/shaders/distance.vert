uniform mat4 u_clip;
uniform vec4 u_away;  // from model space to the distance along the camera's axis
in vec3 in_position;
out float v_distance;
#ifdef CUT
#if UV1 == 1
in vec2 in_uv1;
#define CUT_UV in_uv1
#else
in vec2 in_uv0;
#define CUT_UV in_uv0
#endif
uniform mat3x2 u_uv;
out vec2 v_uv;
#endif
void main() {
    gl_Position = u_clip * vec4(in_position, 1.0);
    v_distance = dot(u_away, vec4(in_position, 1.0));
#ifdef CUT
    v_uv = u_uv * vec3(CUT_UV, 1.0);
#endif
}
