// A film as thin as a wave of light, as on soap, petrol and holographic foil (KHR_materials_iridescence):
// Belcour and Barla, "A practical extension to microfacet theory for the modeling of varying iridescence", 2017.
uniform vec4 u_film;  // share, index of refraction, least and greatest thickness in nanometres
#ifdef FILM_MAP
uniform sampler2D u_film_map;
#endif
#ifdef FILM_THICKNESS_MAP
uniform sampler2D u_film_thickness_map;
#endif

const float TURN = 6.283185307;

float fresnel(float f0, float cosine) { return f0 + (1.0 - f0) * pow(1.0 - cosine, 5.0); }
vec3 fresnel(vec3 f0, float cosine) { return f0 + (1.0 - f0) * pow(1.0 - cosine, 5.0); }
vec3 head_on(vec3 inner, float outer) { vec3 r = (inner - outer) / (inner + outer); return r * r; }

// Linear sRGB of light whose paths differ by ``path`` metres: the eye's sensitivity as four Gaussians in the
// Fourier domain (section 4 and the supplement).
vec3 interference(float path, vec3 shift) {
    float phase = TURN * path;
    vec3 height = vec3(5.4856e-13, 4.4201e-13, 5.2481e-13);
    vec3 place = vec3(1.6810e+06, 1.7953e+06, 2.2084e+06);
    vec3 width = vec3(4.3278e+09, 9.3046e+09, 6.6121e+09);
    vec3 xyz = height * sqrt(TURN * width) * cos(place * phase + shift) * exp(-phase * phase * width);
    xyz.x += 9.7470e-14 * sqrt(TURN * 4.5282e+09) * cos(2.2399e+06 * phase + shift.x) * exp(-4.5282e+09 * phase * phase);
    const mat3 to_rgb = mat3(3.2404542, -0.9692660, 0.0556434, -1.5371385, 1.8760108, -0.2040259, -0.4985314, 0.0415560, 1.0572252);
    return to_rgb * (xyz / 1.0685e-7);
}

// Reflectance of a film of ``thickness`` nanometres over a body that reflects ``f0`` head-on.
vec3 film_fresnel(float cosine, float index, float thickness, vec3 f0) {
    index = mix(1.0, index, smoothstep(0.0, 0.03, thickness));
    float sine2 = (1.0 - cosine * cosine) / (index * index);
    float inside = sqrt(max(1.0 - sine2, 0.0));

    float r12 = fresnel(head_on(vec3(index), 1.0).x, cosine);
    float t121 = 1.0 - r12;
    vec3 root = sqrt(clamp(f0, 0.0, 0.9999));
    vec3 body = (1.0 + root) / (1.0 - root);
    vec3 r23 = fresnel(head_on(body, index), inside);
    vec3 shift = TURN * 0.5 * (1.0 + vec3(lessThan(body, vec3(index))));

    vec3 r123 = clamp(r12 * r23, 1e-5, 0.9999);
    vec3 s = t121 * t121 * r23 / (1.0 - r123);
    vec3 sum = r12 + s;
    vec3 term = s - t121;
    float path = 2.0e-9 * index * thickness * inside;
    for (int m = 1; m <= 2; ++m) {
        term *= sqrt(r123);
        sum += term * 2.0 * interference(float(m) * path, float(m) * shift);
    }
    return max(sum, vec3(0.0));
}

// F0 of the body with its film, for use in the split sum.
vec3 filmed(vec3 f0, float nv) {
    float share = u_film.x, thickness = u_film.w;
#ifdef FILM_MAP
    share *= READ(u_film_map, FILM_MAP, FILM_MIRROR).r;
#endif
#ifdef FILM_THICKNESS_MAP
    thickness = mix(u_film.z, u_film.w, READ(u_film_thickness_map, FILM_THICKNESS_MAP, FILM_THICKNESS_MIRROR).g);
#endif
    float edge = min(pow(1.0 - nv, 5.0), 0.9999);
    vec3 film = (film_fresnel(nv, u_film.y, thickness, f0) - edge) / (1.0 - edge);
    return mix(f0, clamp(film, 0.0, 1.0), share);
}
