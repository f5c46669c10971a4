// What one sheet of foil reflects.

const float GLOW = 0.45;

// Light that a grating with grooves across ``along`` sends to the eye. ``bend`` is the sum of the unit vectors to lamp
// and eye in the plane of the grating: along the grooves it must vanish (but for their spread and the lamp's size);
// across them the grating equation gives the wavelength, in the table's row for a lamp of that size.
vec3 diffracted(sampler2D table, vec4 grating, float longest, vec2 along, vec3 p, vec3 v, vec2 slope) {
    vec3 sum = vec3(0.0);
    for (int i = GRATED; i < LAMPS; ++i) {
        Lit lit = lamp_at(i, p);
        vec3 both = lit.towards + v;
        vec2 bend = both.xy + slope * both.z;
        vec4 light = u_lamps[5 * i + 4];
        float across = abs(dot(bend, along)), astray = dot(bend, vec2(-along.y, along.x));
        float width = inversesqrt(across * across * grating.z * grating.z + light.a);
        float column = min(across * longest, float(COLUMNS - 1));
        vec3 colour = texelFetch(table, ivec2(int(column), i - GRATED), 0).rgb;
        float off = astray * width;
        float fall = exp2(-0.7213475 * off * off) * width * max(lit.towards.z, 0.0) * lit.near;
        sum += light.rgb * colour * colour * fall;
    }
    return sum * grating.y;
}

struct Reflected {
    vec3 light;
    vec2 slope;    // of the relief
    float cover;   // how much of the sheet is here
};

Reflected foil(const int i, const int parts, const int lobe, Micro m, vec3 p, vec3 v, vec3 light,
               sampler2D table, sampler2D film, vec4 relief) {
    vec4 metal = u_sheets[8 * i + 2], numbers = u_sheets[8 * i + 6];
    Reflected found = Reflected(vec3(0.0), vec2(0.0), m.metal);
    if ((parts & RELIEF) != 0) found.slope = m.slope * numbers.x;
    if ((parts & PICTURE) != 0) found.slope += (relief.xy * 255.0 - 128.0) * numbers.z;
    if ((parts & VARNISH) != 0) return found;

    vec3 colour = metal.rgb, glow = vec3(0.0);
    if ((parts & FILM) != 0) {
        float cosine = (v.z - dot(found.slope, v.xy)) * inversesqrt(1.0 + dot(found.slope, found.slope));
        vec4 thin = u_sheets[8 * i + 4];
        vec3 tint = textureLod(film, vec2(0.5 + 0.5 * m.film, clamp(cosine, 0.0, 1.0)), 0.0).rgb;
        tint *= tint * thin.x;
        colour *= max(mix(vec3(1.0), tint, thin.w), 0.0);
        glow = tint * light * (GLOW * thin.w);  // platelets lean all ways, so that some of them catch any lamp
    }
    if ((parts & METAL) != 0) found.light = mirror(lobe, p.xy, found.slope) * u_sheets[8 * i + 7].x;
    if ((parts & FLAKES) != 0) {
        vec4 flakes = u_sheets[8 * i + 5];
        vec3 spark = mirror(lobe + 1, p.xy, found.slope + m.tilt * flakes.y) * flakes.w;
        found.light = mix(found.light, spark, m.flake);
    }
    found.light = found.light * colour + glow;
    if ((parts & GRATING) != 0) {
        vec4 grating = u_sheets[8 * i + 3];
        vec2 slope = found.slope;
        if ((parts & FLAKES) != 0) slope += m.tilt * u_sheets[8 * i + 5].y * m.flake;
        vec3 rainbow = diffracted(table, grating, numbers.y, m.along, p, v, slope);
        if ((parts & CROSSED) != 0)
            rainbow = mix(rainbow, diffracted(table, grating, numbers.y, vec2(-m.along.y, m.along.x), p, v, slope), grating.w);
        found.light += rainbow * m.grating * colour;
    }
    found.light *= m.shade * max(u_sheets[8 * i + 1].w, 1.0);
    return found;
}
