"""A resources server of NeMo-Gym with Majlis's rewards. Gym starts its servers itself, so this one passes questions on.

An answer without a reward is an error, which ends the collection: NeMo-Gym's rows have no null.
"""

from typing import Any

from fastapi import FastAPI
from majlis_reward import client_of_environment
from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseVerifyRequest,
    BaseVerifyResponse,
    SimpleResourcesServer,
)
from pydantic import ConfigDict


class MajlisConfig(BaseResourcesServerConfig):
    reward_url: str


class MajlisVerifyRequest(BaseVerifyRequest):
    model_config = ConfigDict(extra="allow")


class MajlisVerifyResponse(BaseVerifyResponse):
    model_config = ConfigDict(extra="allow")


class MajlisResourcesServer(SimpleResourcesServer):
    config: MajlisConfig

    def setup_webserver(self) -> FastAPI:
        app = super().setup_webserver()
        app.post("/compare")(self.compare)
        return app

    async def verify(self, body: MajlisVerifyRequest) -> MajlisVerifyResponse:
        told = await client_of_environment(self.config.reward_url).ask_async("/verify", body.model_dump(mode="json"))
        return MajlisVerifyResponse.model_validate(told)

    async def compare(self, body: dict[str, Any]) -> dict[str, Any]:
        return await client_of_environment(self.config.reward_url).ask_async("/compare", body)


if __name__ == "__main__":
    MajlisResourcesServer.run_webserver()
