// World-space position and normal, and the texture coordinates that the material really uses.
uniform mat4 u_clip;    // model to clip
uniform mat4 u_model;   // model to world
uniform mat3 u_normal;  // model normals to world

in vec3 in_position;
in vec3 in_normal;
out vec3 v_world;
out vec4 v_normal;      // w: share of the studio that the vertex sees
#ifdef AMBIENT
in float in_ambient;
#endif
#if UVS > 0
in vec2 in_uv0;
#ifdef UV1
in vec2 in_uv1;
#endif
uniform mat3x2 u_uv[UVS];
out vec2 v_uv[UVS];
#endif
#ifdef COLOURS
in vec4 in_colour;
out vec4 v_colour;
#endif
#ifdef TANGENTS
in vec4 in_tangent;
out vec4 v_tangent;
#endif

void main() {
    gl_Position = u_clip * vec4(in_position, 1.0);
    v_world = (u_model * vec4(in_position, 1.0)).xyz;
    v_normal.xyz = normalize(u_normal * in_normal);
#ifdef AMBIENT
    v_normal.w = in_ambient;
#else
    v_normal.w = 1.0;
#endif
#if UVS > 0
    for (int i = 0; i < UVS; ++i) {
        v_uv[i] = u_uv[i] * vec3(((UV_SETS >> i) & 1) == 0 ? in_uv0 :
#ifdef UV1
            in_uv1
#else
            in_uv0
#endif
            , 1.0);
    }
#endif
#ifdef COLOURS
    v_colour = in_colour;
#endif
#ifdef TANGENTS
    v_tangent = vec4(normalize(mat3(u_model) * in_tangent.xyz), in_tangent.w);
#endif
}
