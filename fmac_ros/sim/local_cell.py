"""The simulated cell in this process: observations out, commands of the gate in."""

from __future__ import annotations

from fmac_ros.control.controller import Command
from fmac_ros.picture import resize, tile
from fmac_ros.priors.oracle.truth import Truth, TruthLedger
from fmac_ros.sim.simulation import CellController, Simulation
from fmac_ros.types import Observation


class LocalCell:
    """A world behind its gate, seen as the graph sees it.

    Args:
        picture_size: height of the pictures that priors and policy see [pixels].
        ledger: where an oracle among the priors looks the truth up; None without one.

    Raises:
        ValueError: the world's cameras have fewer pixels than that.
    """

    def __init__(
        self,
        world: Simulation,
        controller: CellController,
        picture_size: int,
        ledger: TruthLedger | None = None,
    ) -> None:
        if world.image_size < picture_size:
            raise ValueError(
                f"cameras have {world.image_size} pixels, valid: {picture_size} or more, the height"
                " of the pictures that the priors need"
            )
        self.world = world
        self.controller = controller
        self._picture_size = picture_size
        self._ledger = ledger

    def observe(self) -> Observation:
        """The state now; an oracle's ledger is told what is true of it."""
        world = self.world
        positions, velocities, _ = world.joint_state()
        fingers, finger_velocities, _ = world.finger_state()
        images = [world.render(name) for name in world.camera_names]
        resized = tuple(resize(image, self._picture_size) for image in images)
        if self._ledger is not None:
            self._ledger.remember(tile(resized), self._truth())
        return Observation(
            stamp=world.time,
            camera_names=world.camera_names,
            images=resized,
            joint_positions=positions,
            joint_velocities=velocities,
            finger_positions=fingers,
            finger_velocities=finger_velocities,
        )

    def obey(self, command: Command) -> None:
        """Do what the gate let pass, for one control period."""
        self.world.obey(command)

    def _truth(self) -> Truth:
        world = self.world
        return Truth(world.goal.sentence, world.ground_truth(), world.progress())
