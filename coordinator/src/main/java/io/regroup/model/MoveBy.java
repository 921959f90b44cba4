package io.regroup.model;

/** The command by which slots go from one server to another. Both need to have it. */
public enum MoveBy {
    /** Key by key, the slot standing open meanwhile (SETSLOT, MIGRATE): every Redis and Valkey has it. */
    MIGRATE,
    /** {@code CLUSTER MIGRATESLOTS}, sent to the source: Valkey since 9.0. */
    MIGRATESLOTS,
    /** {@code CLUSTER MIGRATION IMPORT}, sent to the target: Redis since 8.4. */
    MIGRATION
}
