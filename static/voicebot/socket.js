// A WebSocket that comes back by itself: after 1, 2, 4, … 15 seconds, or at once when the network does.
(() => {
  const LONGEST_PAUSE = 15000;
  const PING = 15000;

  /**
   * `on` has open(), message(object), sound(ArrayBuffer) and closed(code, isFinal).
   * Codes 4400 to 4499 are final: the server will not have us back.
   */
  window.voicebotSocket = (path, on, { reconnects = true } = {}) => {
    const address = new URL(path, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    let socket = null;
    let pause = 1000;
    let timer = null;
    let isOver = false;

    const open = () => {
      clearTimeout(timer);
      socket = new WebSocket(address);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => on.open?.();
      socket.onmessage = ({ data }) => {
        pause = 1000;
        if (typeof data === "string") on.message(JSON.parse(data));
        else on.sound?.(data);
      };
      socket.onclose = ({ code }) => {
        isOver ||= !reconnects || (code >= 4400 && code < 4500);
        on.closed?.(code, isOver);
        if (isOver) return;
        timer = setTimeout(open, pause * (0.75 + Math.random() / 2));
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      };
    };
    const send = (data) => {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(data);
      return true;
    };
    const soon = () => {
      if (!isOver && socket.readyState === WebSocket.CLOSED) open();
    };
    addEventListener("online", soon);
    document.addEventListener("visibilitychange", () => document.hidden || soon());
    setInterval(() => send('{"type":"ping"}'), PING);
    open();
    return {
      send: (message) => send(JSON.stringify(message)),
      sendSound: (sound) => send(sound),
      close: () => {
        isOver = true;
        socket.close(1000);
      },
    };
  };
})();
