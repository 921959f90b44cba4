package io.regroup.bench;

import java.util.List;
import java.util.Locale;

/** Measured milliseconds of one thing. */
record Figures(double[] values) {

    Figures(List<Double> values) {
        this(values.stream().mapToDouble(Double::doubleValue).sorted().toArray());
    }

    double median() {
        return values[values.length / 2];
    }

    double worst() {
        return values[values.length - 1];
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.0f (%.0f)", median(), worst());
    }
}
