package io.regroup.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Bars over a logarithmic scale, as SVG. */
final class Plot {

    private static final int LEFT = 300;
    private static final int WIDTH = 560;
    private static final int BAR = 16;
    private static final int TOP = 70;
    private static final double LEAST = 10;
    private static final double MOST = 100_000;
    private static final List<String> COLORS = List.of("#c8c8c8", "#8f8f8f", "#1f77b4");

    private Plot() {
    }

    static String of(String title, Map<String, Map<String, Figures>> table) {
        StringBuilder svg = new StringBuilder();
        int bars = table.values().stream().mapToInt(Map::size).sum();
        int height = TOP + bars * BAR + table.size() * 14 + 40;
        svg.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
            + "font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n<text x=\"10\" y=\"22\" font-size=\"14\">%s</text>%n",
            LEFT + WIDTH + 90, height, title));
        int legend = LEFT;
        List<String> names = List.copyOf(table.values().iterator().next().keySet());
        for (int i = 0; i < names.size(); i++) {
            svg.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"38\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"48\">%s</text>%n",
                legend, COLORS.get(i), legend + 17, names.get(i)));
            legend += 160;
        }
        for (double tick = LEAST; tick <= MOST; tick *= 10) {
            svg.append(String.format(Locale.ROOT, "<line x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\" stroke=\"#e0e0e0\"/>"
                + "<text x=\"%1$.1f\" y=\"%4$d\" text-anchor=\"middle\">%5$,.0f ms</text>%n", x(tick), TOP - 8, height - 30, height - 12, tick));
        }
        int y = TOP;
        for (var row : table.entrySet()) {
            svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n", LEFT - 10, y + BAR * 2 - 3, row.getKey()));
            int color = 0;
            for (Figures figures : row.getValue().values()) {
                svg.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
                    + "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"black\"/>"
                    + "<text x=\"%.1f\" y=\"%d\">%,.0f</text>%n", LEFT, y, x(figures.median()) - LEFT, BAR - 3, COLORS.get(color++),
                    x(figures.median()), x(figures.worst()), y + 6, y + 6, x(figures.worst()) + 5, y + 11, figures.median()));
                y += BAR;
            }
            y += 14;
        }
        return svg.append("</svg>\n").toString();
    }

    private static double x(double ms) {
        return LEFT + WIDTH * Math.log10(Math.max(ms, LEAST) / LEAST) / Math.log10(MOST / LEAST);
    }
}
