// Brushed metal, satin, hair: facets that are rougher along one direction (KHR_materials_anisotropy).
uniform vec3 u_anisotropy;  // cosine and sine of the direction, strength
#ifdef ANISOTROPY_MAP
uniform sampler2D u_anisotropy_map;
#endif

// The direction of the greater roughness as a unit vector on the surface; w: strength.
vec4 grain(vec3 n) {
    vec2 direction = u_anisotropy.xy;
    float strength = u_anisotropy.z;
#ifdef ANISOTROPY_MAP
    vec3 texel = READ(u_anisotropy_map, ANISOTROPY_MAP, ANISOTROPY_MIRROR).rgb;
    vec2 turn = texel.rg * 2.0 - 1.0;
    direction = mat2(direction.x, direction.y, -direction.y, direction.x) * turn;
    strength *= texel.b;
#endif
#if defined(GRAIN)
    vec3 t = frame(n, v_uv[GRAIN]) * vec3(direction, 0.0);
#elif defined(TANGENTS)
    vec3 t = frame(n, vec2(0.0)) * vec3(direction, 0.0);
#else
    // Nothing says where the tangent is: along the horizon, as cloth hangs.
    vec3 level = abs(n.y) < 0.999 ? normalize(vec3(n.z, 0.0, -n.x)) : vec3(1.0, 0.0, 0.0);
    vec3 t = level * direction.x + cross(n, level) * direction.y;
#endif
    t -= n * dot(n, t);
    float size = dot(t, t);
    return size > 1e-12 ? vec4(t * inversesqrt(size), strength) : vec4(0.0);
}

// Gloss of facets whose slopes spread by ``across`` one way and by ``along`` the other (both GGX alphas). The
// studio's maps are filtered with ``across``; what is missing along the grain is summed over facets that stand
// at equal shares of the GGX slopes (Walter et al. 2007, its marginal along one axis). The map holds the key
// light too, so that its streak comes out of the same sum.
vec3 grained_gloss(vec3 n, vec3 v, vec3 t, float across, float along) {
    const int FACETS = 12;
    float spread = sqrt(max(along * along - across * across, 0.0));
    float nv = dot(n, v), tv = dot(t, v);
    vec3 sum = vec3(0.0);
    float weight = 0.0;
    for (int i = 0; i < FACETS; ++i) {
        float u = (2.0 * float(i) + 1.0) / float(FACETS) - 1.0;
        float steep = inversesqrt(1.0 - u * u);
        float slope = spread * u * steep;
        // The facet's normal is n + t * slope, not yet of unit length; v is mirrored about it.
        float twice = 2.0 * (nv + tv * slope) / (1.0 + slope * slope);
        float lit = max(twice - nv, 0.0) + 1e-4;  // n . l
        // The further out, the wider the lobe is across the grain, and the further apart the facets stand.
        float wide = across * steep, soft = spread / float(FACETS) * steep * steep * steep;
        float roughness = sqrt(min(sqrt(wide * wide + soft * soft), 1.0));
        sum += gloss_light((n + t * slope) * twice - v, roughness) * lit;
        weight += lit;
    }
    return sum / weight;
}
