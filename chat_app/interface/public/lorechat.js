// What the toolkit's page leaves to the mouse, made usable by keyboard and screen reader.
"use strict";
(() => {
  const NAMES = {
    "chat-submit": "Send the question",
    "stop-button": "Stop the answer",
    "theme-toggle": "Light or dark",
    "user-nav-button": "Account",
    "new-chat-button": "New conversation",
    "search-chats-button": "Search conversations",
    "sidebar-trigger-button": "Show or hide conversations",
    "chat-settings-open-modal": "Websites to ask",
    "chat-input": "Your question",
    "thread-options": "Rename or delete",
    "submit-feedback": "Send the judgement",
  };
  const CLASSES = {
    "positive-feedback-off": "Good answer",
    "positive-feedback-on": "Take back: good answer",
    "negative-feedback-off": "Bad answer",
    "negative-feedback-on": "Take back: bad answer",
  };
  const OWNS_ESCAPE = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
  let opener = null;

  const name = (node, text) => {
    if (!node.getAttribute("aria-label")) node.setAttribute("aria-label", text);
  };

  function prepare() {
    for (const [id, text] of Object.entries(NAMES)) {
      for (const node of document.querySelectorAll(`[id="${id}"]`)) name(node, text);
    }
    for (const [kind, text] of Object.entries(CLASSES)) {
      for (const node of document.getElementsByClassName(kind)) name(node, text);
    }
    for (const sign of document.querySelectorAll("button:not([aria-label]) svg.lucide-copy")) {
      name(sign.closest("button"), "Copy");
    }
    for (const marker of document.querySelectorAll("a.element-link:not([tabindex])")) {
      marker.tabIndex = 0;
      marker.setAttribute("role", "button");
      name(marker, `Open passage ${marker.textContent.replace(/\D/g, "")}`);
    }
    for (const picker of document.querySelectorAll('[id^="mode-picker-trigger-"]')) {
      picker.title = "Who writes the answers";
    }
  }

  function closeButton() {
    const content = document.getElementById("side-view-content");
    const panel = content && (content.closest("aside") || content.parentElement);
    return panel && panel.querySelector("button");
  }

  document.addEventListener("keydown", (event) => {
    const marker = event.target instanceof Element && event.target.closest("a.element-link");
    if (marker && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      opener = marker;
      marker.click();
    }
  });

  // Before the page hears of the key: a tooltip that happens to be open would take it for its own.
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || event.isComposing || document.querySelector(OWNS_ESCAPE)) return;
      const button = closeButton();
      if (!button) return;
      button.click();
      if (opener && opener.isConnected) opener.focus();
    },
    true,
  );

  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      prepare();
    });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
