// What one sheet of foil reflects. Its numbers are eight rows of u_sheets:
// 0 size, angle, jitter, contrast   1 fill, ground, seed, gain          2 metal: red, green, blue, alpha (GGX)
// 3 spacing, strength, tan spread, cross                                4 film: thickness, variation, strength, -
// 5 flakes: size, slope, cover, strength                                6 relief in mm, table's longest path, -, -
layout(std140, binding = 2) uniform Sheets { vec4 u_sheets[SHEETS * 8]; };

Pattern foil_pattern(int i) {
    vec4 a = u_sheets[8 * i], b = u_sheets[8 * i + 1];
    return Pattern(a.x, a.y, a.z, a.w, b.x, b.y, b.z);
}

// Light that a grating with grooves across ``along`` sends to the eye from one lamp. ``bend`` is the sum of the unit
// vectors to lamp and eye in the plane of the grating: along the grooves it must vanish, across them the grating
// equation gives the wavelength.
vec3 diffracted(sampler2D table, vec4 grating, float longest, vec2 along, vec2 bend, Lit lit, float share) {
    float across = abs(dot(bend, along)), astray = dot(bend, vec2(-along.y, along.x));
    float width2 = across * across * grating.z * grating.z + lit.size * lit.size + 4e-4;
    float path = across * grating.x;
    float blur = log2(max(lit.size * grating.x, 4.0) / 4.0) / 7.0;
    vec2 at = vec2(path / longest * (1023.0 / 1024.0) + 0.5 / 1024.0, blur * (15.0 / 16.0) + 0.5 / 16.0);
    vec3 colour = textureLod(table, at, 0.0).rgb;
    colour *= colour;
    float fall = exp2(-0.7213475 * astray * astray / width2) * inversesqrt(width2) * 0.3989423;
    return lit.light * colour * (fall * share * grating.y * grating.x / 300.0);
}
