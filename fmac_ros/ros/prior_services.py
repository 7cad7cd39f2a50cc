"""The priors' services and action of a node, in front of the lanes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from fmac_ros.action import GenerateVideo
from fmac_ros.priors.base import Progress
from fmac_ros.priors.errors import error_text
from fmac_ros.priors.registry import Priors
from fmac_ros.priors.serving.job import Generation
from fmac_ros.priors.serving.lanes import PriorLanes
from fmac_ros.ros import names, qos
from fmac_ros.ros.prior_answers import (
    FAILURES,
    VideoAnswer,
    read_request,
    success_answer,
    value_answer,
)
from fmac_ros.ros.worker import awaitable
from fmac_ros.srv import DetectSuccess, EstimateValue


class PriorServices:
    """``estimate_value``, ``detect_success`` and ``generate_video``.

    Args:
        depth: requests that may arrive before the node has looked at the first; what is more
            is lost on the way, without an answer.
    """

    def __init__(self, node: Node, lanes: PriorLanes, depth: int) -> None:
        self._node, self._lanes = node, lanes
        self._jobs: dict[bytes, Generation] = {}  # by goal
        # Reentrant: a request that waits for its lane must not block the next one.
        group, profile = ReentrantCallbackGroup(), qos.requests(depth)
        options: dict[str, Any] = {"qos_profile": profile, "callback_group": group}
        self._services = [
            node.create_service(EstimateValue, names.ESTIMATE_VALUE, self._on_value, **options),
            node.create_service(DetectSuccess, names.DETECT_SUCCESS, self._on_success, **options),
        ]
        self._action = ActionServer(
            node,
            GenerateVideo,
            names.GENERATE_VIDEO,
            execute_callback=self._on_video,
            cancel_callback=self._on_cancel,
            callback_group=group,
            goal_service_qos_profile=profile,
            result_service_qos_profile=profile,
            cancel_service_qos_profile=profile,
        )

    def close(self) -> None:
        """Take no more requests."""
        for service in self._services:
            self._node.destroy_service(service)
        self._action.destroy()

    async def _on_value(
        self, request: EstimateValue.Request, response: EstimateValue.Response
    ) -> EstimateValue.Response:
        try:
            values = await self._answer(lambda: self._lanes.values(*read_request(request)))
            return value_answer(self._priors().value, values)
        except FAILURES as error:
            return self._refused(response, error)

    async def _on_success(
        self, request: DetectSuccess.Request, response: DetectSuccess.Response
    ) -> DetectSuccess.Response:
        try:
            scores = await self._answer(lambda: self._lanes.scores(*read_request(request)))
            return success_answer(self._priors().success, scores, request.task)
        except FAILURES as error:
            return self._refused(response, error)

    async def _on_video(self, goal: ServerGoalHandle) -> GenerateVideo.Result:
        key = bytes(goal.goal_id.uuid)
        try:
            self._jobs[key] = job = self._generation(goal)
            if goal.is_cancel_requested:  # before the job was there to be cancelled
                job.cancel()
            result = await self._answer(lambda: self._lanes.generate(job))
        except FAILURES as error:
            result = self._refused(GenerateVideo.Result(), error)
        finally:
            self._jobs.pop(key, None)
        if result.ok:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return result

    def _generation(self, goal: ServerGoalHandle) -> Generation:
        answer = VideoAnswer(goal.request)

        def make(progress: Progress) -> GenerateVideo.Result:
            return answer.make(self._lanes.video, self._priors().encoder, progress)

        def tell(share: float) -> None:
            goal.publish_feedback(GenerateVideo.Feedback(progress=float(share)))

        return Generation(make, tell)

    def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        job = self._jobs.get(bytes(goal.goal_id.uuid))
        if job is not None:
            job.cancel()
        return CancelResponse.ACCEPT

    async def _answer(self, submit: Callable[[], Future[Any]]) -> Any:
        return await awaitable(self._node, submit())

    def _priors(self) -> Priors:
        assert self._lanes.priors is not None  # a lane answers only with them
        return self._lanes.priors

    def _refused(self, response: Any, error: Exception) -> Any:
        """``response`` saying why there is no answer."""
        logger = self._node.get_logger()
        logger.warning(f"request refused: {error}", throttle_duration_sec=1.0)
        response.ok, response.error = False, error_text(error)
        return response
