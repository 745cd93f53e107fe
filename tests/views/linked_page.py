"""A page with linked views in a browser: what a user does, and what the page then shows."""

import base64
import json
import time

import numpy as np
from selenium.webdriver import ActionChains


class LinkedPage:
    """A page with linked views in a browser."""

    def __init__(self, browser):
        self.browser = browser

    def open(self, address):
        """Open a page and wait until its views are ready."""
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.browser.get("about:blank")
        self.browser.get(address)
        self.wait("document.getElementById('view')?.dataset.ready")
        self.settle()
        return self

    def run(self, script, *given):
        """Return what a script returns."""
        return self.browser.execute_script(script, *given)

    def wait(self, condition, seconds=20):
        """Wait until a condition holds."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            assert time.monotonic() < end, condition
            time.sleep(0.02)

    def settle(self):
        """Wait until everything that changed is drawn."""
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))"
        )

    def array(self, expression):
        """Return an array of the page."""
        text = self.run(f"return JSON.stringify(Array.from({expression}, v => Number.isFinite(v) ? v : null))")
        return np.array([np.nan if value is None else value for value in json.loads(text)])

    def text(self, name):
        """Return the text of an element of the views."""
        return self.run("return document.getElementById(arguments[0]).textContent", f"view-{name}")

    def pixel(self, figure, x, y):
        """Return where a point of a figure is in the window."""
        return self.run(
            "const [name, x, y] = arguments, view = Bokeh.index.get_by_id(didymos.views.plots[name].id);"
            "const box = view.canvas_view.el.getBoundingClientRect();"
            "return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]",
            figure,
            float(x),
            float(y),
        )

    def move(self, figure, x, y):
        """Move the pointer over a point of a figure."""
        self.into_view(figure)
        actions = ActionChains(self.browser, duration=20)
        actions.w3c_actions.pointer_action.move_to_location(*(round(v) for v in self.pixel(figure, x, y)))
        actions.perform()
        self.settle()

    def click(self, figure, x, y):
        """Click on a point of a figure."""
        self.into_view(figure)
        actions = ActionChains(self.browser, duration=20)
        actions.w3c_actions.pointer_action.move_to_location(*(round(v) for v in self.pixel(figure, x, y)))
        actions.click().perform()
        time.sleep(0.35)  # a second click would make it a double click
        self.settle()

    def lasso(self, figure, corners):
        """Draw a lasso in a figure through some corners."""
        self.into_view(figure)
        actions = ActionChains(self.browser, duration=30)
        pointer = actions.w3c_actions.pointer_action
        for number, corner in enumerate(corners):
            pointer.move_to_location(*(round(v) for v in self.pixel(figure, *corner)))
            if not number:
                pointer.pointer_down()
        pointer.pointer_up()
        actions.perform()
        self.settle()

    def into_view(self, figure):
        """Scroll a figure into view."""
        self.run(
            "document.getElementById(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})",
            f"view-{figure}",
        )

    def choose(self, name, value):
        """Set a control as a user would, and tell the page."""
        self.run(
            "const control = document.getElementById(arguments[0]); control.value = arguments[1];"
            "control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}))",
            f"view-{name}",
            str(value),
        )
        self.settle()

    def press(self, name):
        """Press a button."""
        self.run("document.getElementById(arguments[0]).click()", f"view-{name}")
        self.settle()

    def downloads(self, name):
        """Press a button and return name and content of the file that it offers."""
        self.run(
            "window.offered = null; didymos.download = async (name, content) => {"
            "const bytes = new Uint8Array(await new Blob([content]).arrayBuffer()); let text = '';"
            "bytes.forEach((byte) => { text += String.fromCharCode(byte); }); window.offered = [name, btoa(text)]; }"
        )
        self.press(name)
        self.wait("window.offered")
        name, content = self.run("return window.offered")
        return name, base64.b64decode(content)
