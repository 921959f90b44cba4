package io.regroup.move;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Keys that are listed and weighed, and the windows that are made of them. */
final class Cargo {

    private record Item(int slot, String key, long bytes) {
    }

    /** The keys of one MIGRATE: they share a slot, or the source refuses it (CROSSSLOT). */
    record Batch(List<String> keys, long bytes) {
    }

    private final MoveSettings settings;
    private final Deque<Item> items = new ArrayDeque<>();

    Cargo(MoveSettings settings) {
        this.settings = settings;
    }

    /** Keys of one slot are added one after the other. */
    void add(int slot, String key, long bytes) {
        items.add(new Item(slot, key, bytes));
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    void clear() {
        items.clear();
    }

    /** Takes out what is sent next; a big key has a window to itself. */
    List<Batch> window(Pace pace) {
        List<Batch> window = new ArrayList<>();
        double left = pace.room();
        while (!items.isEmpty() && window.size() < pace.batches()) {
            if (!window.isEmpty() && (Pace.keys(left) < 1 || isBig(items.peek()))) {
                break;
            }
            Batch batch = batch(Math.clamp(Pace.keys(left), 1, settings.batchKeys()));
            window.add(batch);
            left -= Pace.cost(batch.keys().size(), batch.bytes());
        }
        return window;
    }

    private Batch batch(int most) {
        Item first = items.remove();
        List<String> keys = new ArrayList<>(List.of(first.key()));
        long bytes = first.bytes();
        while (!items.isEmpty() && keys.size() < most && items.peek().slot() == first.slot()
                && bytes + items.peek().bytes() <= settings.batchBytes()) {
            bytes += items.peek().bytes();
            keys.add(items.remove().key());
        }
        return new Batch(List.copyOf(keys), bytes);
    }

    private boolean isBig(Item item) {
        return item.bytes() >= settings.batchBytes();
    }
}
