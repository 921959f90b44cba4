package io.regroup.coordinator;

import io.regroup.move.MoveSettings;
import io.regroup.move.Transfer;
import io.regroup.move.UnderWay;
import io.regroup.plan.Action;
import io.regroup.redis.Mover;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The slots that are on their way: a decision begins it; it ends by itself, or is stopped by a new view or a promotion. */
public final class Moves implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Moves.class);

    private final Mover mover;
    private final MoveSettings settings;
    private volatile long begunAt;

    public Moves(int atOnce, MoveSettings settings) {
        this.mover = new Mover(atOnce);
        this.settings = settings;
    }

    /** @param over is called on another thread when nothing of it runs any more; also when there was nothing to begin */
    void begin(List<Action> actions, Runnable over) {
        List<Transfer> moves = new ArrayList<>();
        for (Action action : actions) {
            if (action instanceof Action.MoveSlots move) {
                moves.add(Transfer.of(move, settings));
            }
        }
        if (moves.isEmpty()) {
            return;
        }
        begunAt = System.nanoTime();
        try {
            mover.start(moves, ended -> {
                ended.forEach(move -> move.problem().ifPresent(problem -> log.info("the move of {} is interrupted: {}", move.move(), problem)));
                log.info("slots moved: {}", UnderWay.of(mover.progress(), ranMs(), 0).words());
                over.run();
            });
        } catch (IllegalStateException e) {
            log.info("slots do not move: {}", e.getMessage());
            over.run();
        }
    }

    private long ranMs() {
        return (System.nanoTime() - begunAt) / 1_000_000;
    }

    /** @param toMove slots that are to move in all */
    Optional<UnderWay> underWay(int toMove) {
        return mover.isRunning() ? Optional.of(UnderWay.of(mover.progress(), ranMs(), toMove)) : Optional.empty();
    }

    /** What runs ends after the step that is under way. */
    void stop() {
        mover.stop();
    }

    @Override
    public void close() {
        mover.close();
    }
}
