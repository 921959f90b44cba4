package io.regroup.sim;

import io.regroup.model.Address;
import io.regroup.model.Asked;
import io.regroup.model.MoveBy;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One run: the seed draws the deployment's shape and the faults; the cluster forms, suffers, is left in peace, and has to become
 * whole and then silent.
 */
final class Simulation extends Course {

    private static final List<Asked> SHAPES = List.of(new Asked(6, 1), new Asked(6, 1), new Asked(6, 1), new Asked(7, 1),
        new Asked(9, 2), new Asked(3, 0), new Asked(4, 0), new Asked(8, 1));
    /** More faults than users see, in quick succession: what goes wrong with them goes wrong with fewer once in a hundred thousand seeds. */
    static final boolean HARDER = Boolean.getBoolean("harder");
    private static final long WHOLE_MS = 40_000;
    /** Each pod has half a minute to leave. */
    private static final long ROLLOUT_MS = 600_000;
    private static final long SILENT_MS = 60_000;
    /** A FORCE that was sent in trouble may still win so much later: Redis forgets it then. */
    private static final long ELECTION_MS = 8000;
    /** Masters and replicas go back to where they belong, one after the other. */
    private static final long REST_MS = 180_000;

    /** What came of it. */
    record Outcome(long formedMs, long wholeMs, int acknowledged, int lostByCrash, int lostByLag) {
    }

    private final Clients clients;
    private final Faults faults;
    private final long silentMs;

    Simulation(long seed, Tamper tamper, Consumer<String> out) {
        super(new World(seed, new Chance(seed * 31 + 7).pick(SHAPES), tamper, out));
        world.able = able(seed);
        world.commandsCanBeLate = HARDER || seed % 5 == 3;
        this.clients = new Clients(world);
        this.faults = new Faults(world);
        this.silentMs = seed % 8 == 0 ? SILENT_MS : SILENT_MS / 10;
    }

    /** Two seeds of ten have servers that move slots by themselves, all of them or every other one; as Valkey does it, or Redis. */
    private static Function<Address, MoveBy> able(long seed) {
        MoveBy by = seed / 10 % 2 == 0 ? MoveBy.MIGRATESLOTS : MoveBy.MIGRATION;
        return address -> seed % 10 == 7 || seed % 10 == 8 && address.host().hashCode() % 2 == 0 ? by : MoveBy.MIGRATE;
    }

    Outcome run() {
        Chance chance = world.chance;
        world.kube.countIsInEnvironment = chance.percent(30);
        world.kube.createAll(chance.percent(70) ? 500 : 8000);
        tick();
        boolean early = chance.percent(20);
        if (early) {
            strike(chance.between(1, 3), 6000);
            faults.heal();
            until("rolled out", ROLLOUT_MS, world.kube::isRolling);
        }
        long formed = until("whole at first", early ? WHOLE_MS : FORM_MS);
        clients.start();
        pass(chance.between(500, 2000));
        if (HARDER) {
            strike(chance.between(4, 8), chance.percent(50) ? 2000 : 8000);
        } else {
            strike(chance.between(1, 5), chance.percent(50) ? 1000 : 20_000);
        }
        faults.heal();
        pass(chance.between(0, 3000));
        until("rolled out", ROLLOUT_MS, world.kube::isRolling);
        long whole = until("whole again", WHOLE_MS);
        clients.stop();
        pass(ELECTION_MS);
        until("whole still and at rest", REST_MS, this::unrest);
        long commands = world.commands;
        pass(silentMs);
        if (world.commands != commands) {
            throw new Violation("silence", (world.commands - commands) + " commands were sent although all was whole");
        }
        Optional<String> pending = pending();
        if (pending.isPresent()) {
            throw new Violation("silence", "it was whole, and is not any more: " + pending.get());
        }
        return new Outcome(formed, whole, world.ledger.acknowledged().cardinality(), world.ledger.lostByCrash(), world.ledger.lostByLag());
    }

    /** Some faults, with some time between them. */
    private void strike(long count, long apart) {
        for (long i = 0; i < count; i++) {
            if (!world.pods().isEmpty()) {
                faults.strike();
            }
            pass(world.chance.between(0, apart));
        }
    }
}
