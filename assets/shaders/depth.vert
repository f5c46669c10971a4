uniform mat4 u_clip;
in vec3 in_position;
out float v_depth;
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
#ifdef COLOURS
in vec4 in_colour;
out float v_alpha;
#endif
void main() {
    gl_Position = u_clip * vec4(in_position, 1.0);
    v_depth = gl_Position.z * 0.5 + 0.5;
#ifdef CUT
    v_uv = u_uv * vec3(CUT_UV, 1.0);
#endif
#ifdef COLOURS
    v_alpha = in_colour.a;
#endif
}
