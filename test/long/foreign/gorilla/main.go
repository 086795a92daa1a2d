// On Go's gorilla/websocket: is given, reads and prints what ../member.ts says, and was written from docs/protocol.md alone.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	retry = 100 * time.Millisecond
	beat  = 20 * time.Second
)

// Message holds what this client reads of the room's messages, of whatever type.
type Message struct {
	Type       string
	Epoch      string
	Resume     string
	Continuity string
	Me         struct{ ID string }
	Seq        int64
	Head       int64
	From       string
	ID         string
	Code       string
	Data       struct{ Text string }
}

type published struct {
	Type string            `json:"type"`
	ID   string            `json:"id"`
	Name string            `json:"name"`
	Data map[string]string `json:"data"`
}

// Member is guarded by its lock: gorilla allows one writer at a time.
type Member struct {
	sync.Mutex
	url        string
	beat       string
	epoch      string
	me         string
	seq        int64 // -1 before anything was heard
	key        string
	waiting    []published // without an answer, in the order in which it was said
	hasSaidAll bool
	socket     *websocket.Conn
	isLive     bool
}

type told map[string]any

func tell(what told) {
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

func (m *Member) say(text string) {
	m.Lock()
	defer m.Unlock()
	random := make([]byte, 16)
	rand.Read(random)
	message := published{"publish", hex.EncodeToString(random), "chat", map[string]string{"text": text}}
	m.waiting = append(m.waiting, message)
	if m.isLive {
		m.socket.WriteJSON(message)
	}
}

// H-1: gorilla's own pings are answered, and are no sign of life to the room.
func (m *Member) showLife() {
	m.Lock()
	defer m.Unlock()
	if m.socket != nil {
		m.socket.WriteMessage(websocket.TextMessage, []byte(m.beat))
	}
}

func (m *Member) join() error {
	url, dialer := m.url, websocket.Dialer{Subprotocols: []string{"rotunda.v1"}}
	if m.seq >= 0 {
		url += fmt.Sprintf("?since=%s.%d", m.epoch, m.seq)
	}
	if m.key != "" {
		dialer.Subprotocols = append(dialer.Subprotocols, "resume."+m.key)
	}
	socket, _, err := dialer.Dial(url, nil)
	if err != nil {
		return err
	}
	defer socket.Close()
	m.Lock()
	m.socket = socket
	m.Unlock()
	m.showLife()
	for {
		_, frame, err := socket.ReadMessage()
		if err != nil {
			return err
		}
		if string(frame) == "pong" {
			tell(told{"alive": "pong"})
			continue
		}
		var messages []Message // F-2: every other frame is an array.
		if err := json.Unmarshal(frame, &messages); err != nil {
			return err
		}
		for _, message := range messages {
			m.hear(message)
		}
	}
}

func (m *Member) hear(message Message) {
	m.Lock()
	defer m.Unlock()
	switch message.Type {
	case "welcome":
		m.epoch, m.me = message.Epoch, message.Me.ID
		if message.Resume != "" {
			m.key = message.Resume
		}
		if message.Continuity != "resumed" {
			m.seq = -1
		}
		tell(told{"joined": message.Continuity})
	case "event":
		m.seq = message.Seq
		tell(told{"event": message.Seq, "text": message.Data.Text})
		if message.From == m.me {
			m.answered(message.ID)
		}
	case "ack":
		m.answered(message.ID)
	case "caught-up":
		m.seq = message.Head
		for _, each := range m.waiting { // P-3
			m.socket.WriteJSON(each)
		}
		m.isLive = true
	case "error":
		tell(told{"refused": message.Code})
	}
}

func (m *Member) answered(id string) {
	for i, each := range m.waiting {
		if each.ID == id {
			m.waiting = append(m.waiting[:i], m.waiting[i+1:]...)
			tell(told{"answered": each.Data["text"]})
			m.leaveIfDone()
			return
		}
	}
}

func (m *Member) leaveIfDone() {
	if m.hasSaidAll && len(m.waiting) == 0 {
		os.Exit(0)
	}
}

func (m *Member) stay() {
	for {
		err := m.join()
		var closed *websocket.CloseError
		if errors.As(err, &closed) && closed.Code >= 4500 && closed.Code <= 4999 { // C-1
			tell(told{"stopped": err.Error()})
			os.Exit(0)
		}
		tell(told{"lost": err.Error()})
		m.Lock()
		m.socket, m.isLive = nil, false
		m.Unlock()
		time.Sleep(retry)
	}
}

func main() {
	member := &Member{url: os.Args[1], beat: "ping", seq: -1}
	if len(os.Args) > 2 && os.Args[2] == "received" {
		member.beat = `{"type":"received","jobs":[]}`
	}
	go member.stay()
	go func() {
		for range time.Tick(beat) {
			member.showLife()
		}
	}()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		member.say(lines.Text())
	}
	member.Lock()
	member.hasSaidAll = true
	member.leaveIfDone()
	member.Unlock()
	select {}
}
