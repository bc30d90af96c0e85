"""Profiles: what a person chooses between, and which models that means with what is configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_app.models.configured import LOCAL, configured, named
from chat_app.models.registry import LanguageModel
from chat_app.models.router import routed

if TYPE_CHECKING:
    from chat_app.question import Question
    from chat_app.settings import ChatSettings

FAST, BEST, PRIVATE = "fast", "best", "private"
_FAST_ENOUGH = 7


@dataclass(frozen=True, slots=True)
class Profile:
    """A way to be answered: `name` goes into a Question, `title` and `description` are for people, in markdown."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Plans:
    """Which models are tried for each profile, in order; quotes come after them. `default` is the profile of whoever
    chose none; with `router` the question decides for them."""

    models: Mapping[str, Sequence[LanguageModel]]
    default: str = FAST
    router: bool = False

    def of(self, question: Question) -> Sequence[LanguageModel]:
        """The models for a question."""
        return self.models[self._profile(question)]

    def quick(self, question: Question) -> Sequence[LanguageModel]:
        """The models for what is asked beside a question: fast ones, that see no more than its own may."""
        return self.models[PRIVATE if self.is_private(question) else FAST]

    def is_private(self, question: Question) -> bool:
        """Whether a question must stay on machines of one's own, be it that nobody chose another profile."""
        return self._profile(question) == PRIVATE

    def _profile(self, question: Question) -> str:
        """The profile of a question; for one that is not known here, the default one."""
        if not question.profile and self.router and self.default != PRIVATE:
            return routed(question)
        return question.profile if question.profile in self.models else self.default


def plans(settings: ChatSettings) -> Plans:
    """Return what the settings make of each profile. Fast: the best of those that are fast; best: the best first, down
    to the cheapest; private: only machines of one's own. A model that is set leads, and is the only one."""
    models = configured(settings)
    best = sorted(models, key=lambda model: -model.quality)
    fast = [model for model in best if model.speed >= _FAST_ENOUGH] or best
    chosen = named(settings.chat_model, settings)
    found = {
        FAST: named(settings.fast_models, settings) or chosen or fast,
        BEST: named(settings.best_models, settings) or chosen or best,
        PRIVATE: _local(chosen or best) or [model for model in _local(best) if model.provider == LOCAL],
    }
    return Plans({name: tuple(models) for name, models in found.items()}, settings.profile, settings.router)


def _local(models: Sequence[LanguageModel]) -> list[LanguageModel]:
    return [model for model in models if model.local]


def profiles(settings: ChatSettings) -> list[Profile]:
    """Return the profiles between which there is something to choose, the default one first; empty when not."""
    found = plans(settings)
    titles = {FAST: "Fast", BEST: "Best", PRIVATE: "Private"}
    order = sorted(titles, key=lambda name: name != found.default)
    distinct = {found.models[name]: name for name in reversed(order)}
    offered = [name for name in order if distinct[found.models[name]] == name]
    return [Profile(name, titles[name], _described(name, found)) for name in offered] if len(offered) > 1 else []


def _described(name: str, found: Plans) -> str:
    models = found.models[name]
    first = f"**{models[0].name}**" if models else "Sentences of the pages, quoted"
    says = {
        FAST: f"{first} answers quickly.",
        BEST: f"{first} answers thoroughly, and takes longer.",
        PRIVATE: f"{first}: nothing leaves this site's own machines.",
    }
    return says[name]
